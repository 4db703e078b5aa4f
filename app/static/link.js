/* The state of a page is its address: what is chosen can be copied, sent on, and comes back when the page is loaded again. */

const VERSION = 1;
const FORM = /^#v(\d+)=(.*)$/s;

/* {state} of the link; {} without one; {wrong: "version"} or {wrong: "broken"} for one that cannot be used. */
export function readLink() {
  if (location.hash.length < 2) return {};
  const found = FORM.exec(location.hash);
  if (!found) return { wrong: "broken" };
  if (Number(found[1]) !== VERSION) return { wrong: "version" };
  try {
    const state = JSON.parse(decodeURIComponent(found[2]));
    return state && typeof state === "object" && !Array.isArray(state) ? { state } : { wrong: "broken" };
  } catch {
    return { wrong: "broken" };
  }
}

export function writeLink(state) {
  history.replaceState(null, "", `#v${VERSION}=${linked(state)}`);
}

/* Link to another page of the lab in a state. */
export function linkTo(page, state) {
  return `${page}#v${VERSION}=${linked(state)}`;
}

function linked(state) {
  return encodeURIComponent(JSON.stringify(state));
}

/* A link that is put over the address of the same page changes only what stands behind the #: the page begins anew with it. */
export function anewByLink() {
  addEventListener("hashchange", () => { if (FORM.test(location.hash)) location.reload(); });
}
