/** Questions that are asked at about the same time become one. Knows nothing of what is asked. */

/**
 * @param ask for many at once, of one subject @returns a function that asks for one: what is wanted of a subject before the
 * event loop gets to its next turn goes into one question
 */
export const askTogether = <Subject, Answer>(
  keyOf: (subject: Subject) => string,
  ask: (subject: Subject, names: readonly string[]) => Promise<Answer>,
): ((subject: Subject, name: string) => Promise<Answer>) => {
  const open = new Map<string, { readonly names: Set<string>; readonly answer: Promise<Answer> }>();
  return (subject, name) => {
    const key = keyOf(subject);
    const known = open.get(key);
    if (known) {
      known.names.add(name);
      return known.answer;
    }
    const names = new Set([name]);
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      open.delete(key);
      return ask(subject, [...names]);
    });
    open.set(key, { names, answer });
    return answer;
  };
};
