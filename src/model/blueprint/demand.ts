/** Tells what could ask for something from what is said beside it: thanks, reasons, opinions. Words only. */

const verbs =
  "add allow answer apply archive ask assign authenticate authorize block build cache call cancel change check compute confirm convert copy count create deactivate delete deny deprecate disable document drop email emit enable encrypt enforce ensure expire export expose extend extract fetch filter fix follow forbid generate get give grant group handle hash hide ignore implement import include increase index inform integrate invalidate join keep leave limit link list load lock log lower mail make map mark mask merge migrate modify move name notify order paginate persist post prefix prevent protect provide publish push put queue raise read receive record reduce refactor refresh refund refuse register reject release remove rename render repeat replace report request require reset respond restore restrict retry return reuse reverse revoke rewrite rotate run save schedule search send separate serve set share show sign skip sort split start stop store stream submit subscribe support switch sync test throttle track transfer trigger trim turn update upgrade upload use validate verify version wait wrap write".split(
    " ",
  );

/** Each verb in every form: "sends", "sent" apart, a description asks as well as an order does. */
const verb = new RegExp(
  `\\b(?:${verbs.map((word) => (word.endsWith("e") ? `${word.slice(0, -1)}(?:e|es|ed|ing)` : `${word}(?:s|es|ed|ing|[a-z]ed|[a-z]ing)?`)).join("|")}|sent|kept|sold|made|written|gone|given|hidden|shown)\\b`,
  "i",
);
const modal =
  /\b(should|must|shall|ought|needs?|needed|has to|have to|want(?:s|ed)?|would|could|can|cannot|can't|may|might|wish|prefer|expect(?:s|ed)?|only|never|always|no longer|instead|without|if|when|whenever|unless|until)\b/i;
/** A path, a number, code, a snake_case name, `name: type`. */
const exact = /(?:^|[\s("'])\/\w|\d|`|\w_\w|\b\w+\s*:\s*\S/;

/** A sentence with no verb of an order, no condition, name, path or number, and no question is conversation. */
export const couldDemand = (sentence: string): boolean => {
  const text = sentence.replace(/\bplease\b/gi, "").trim();
  if (/^(thanks?|thank you|cheers|kind regards|best regards|hi|hello|dear|lgtm)\b[^?]{0,60}$/i.test(text)) return false;
  return /\?\s*$/.test(text) || exact.test(text) || modal.test(text) || verb.test(text) || !/[a-z]{2}/i.test(text);
};
