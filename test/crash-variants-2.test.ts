/** Every third dialogue, from the second one on, with the App's end at one of its writes: three files, so that they are played side by side. */
import { dialogues } from "./support/crash/dialogues.ts";
import { playSamples } from "./support/crash/samples.ts";

playSamples(dialogues.filter((_, index) => index % 3 === 1));
