/** A fetch whose answers end after so many bytes, and that opens no stream of its own accord. Knows no protocol above HTTP. */

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * @param onFlood told when a body is longer @param headers of every request
 */
export const createBoundedFetch =
  (maxBytes: number, onFlood: () => void, reach: Fetch = fetch): Fetch =>
  async (url, init) => {
    // A stream for what the server may want to say some day: nothing of it would be read, so none is opened.
    if ((init?.method ?? "GET") === "GET") return new Response(null, { status: 405 });
    const response = await reach(url, init);
    if (!response.body) return response;
    let bytes = 0;
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes <= maxBytes) return controller.enqueue(chunk);
        controller.error(new Error(`more than ${maxBytes} bytes`));
        onFlood();
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
  };
