/* Words of the page, which its HTML holds. */

let words;

export function texts() {
  words ??= JSON.parse(document.getElementById("texts").textContent);
  return words;
}

/* A sentence with its gaps filled: said("{n} of {last} runs", {n: 60, last: 500}). */
export function said(sentence, parts = {}) {
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => (Object.hasOwn(parts, name) ? String(parts[name]) : gap));
}
