/* The pipe to the lab: moves go out, answers come in.
 *
 * connect({page, onAnswer, onProblems, onState, onRoom}) gives {ask(asked), close()}.
 *   onAnswer({n, last, final, data})  a picture, again and again as it gets better; of the newest move only
 *   onProblems([{where, what, allowed, hint}])
 *   onState("idle" | "computing" | "lost" | "slow" | "fault" | "quiet" | "closed", reason)
 *   onRoom(state)                     what the class is told: {frozen, …}
 * A move that is made before the one before has its first picture waits for it: only the newest of those that wait is sent.
 */

import { texts } from "./texts.js";

const PATIENCE = 300; // milliseconds until "computing" is said
const WAITS = [300, 1000, 2000, 5000]; // milliseconds before the next try
const TOO_LONG = 1009, QUIET = 4001, LAST_WORDS = [1008, TOO_LONG]; // closed for good, with a reason: a rule was broken, a message was too long

export function connect({ page, onAnswer, onProblems, onState = () => {}, onRoom = () => {} }) {
  const here = new URL("pipe", location.href);
  const address = `${here.protocol === "https:" ? "wss" : "ws"}://${here.host}${here.pathname}`;
  let socket, asked, waiting = false, again = false, tries = 0, number = 0, over = false, held = false, resting = false, timer, asleep;

  function state(name, reason) {
    clearTimeout(timer);
    if (name === "computing") timer = setTimeout(() => onState("computing"), PATIENCE);
    else onState(name, reason);
  }

  function send() {
    if (!asked || socket?.readyState !== WebSocket.OPEN) return;
    number += 1;
    waiting = true;
    again = false;
    state("computing");
    socket.send(JSON.stringify({ page, id: number, asked }));
  }

  function answered() {
    waiting = false;
    if (again) send();
  }

  /* A move that was refused while the class was held is made again when it goes on. */
  function roomed(told) {
    const goesOn = held && !told.frozen;
    held = told.frozen;
    onRoom(told);
    if (goesOn) send();
  }

  function heard(event) {
    const told = JSON.parse(event.data);
    tries = 0; // what is said, and not that the door opens, shows that it works again
    if (told.room) return roomed(told.room);
    if (told.slow) return onState("slow");
    if (told.id !== number) return undefined;
    if (!again) {
      if (told.problems) { state("idle"); onProblems(told.problems); }
      else if (told.fault) state("fault");
      else { state("idle"); onAnswer(told); }
    }
    return answered();
  }

  function open() {
    resting = false;
    socket = new WebSocket(address);
    socket.addEventListener("open", send);
    socket.addEventListener("message", heard);
    socket.addEventListener("close", (event) => {
      if (over) return;
      waiting = false;
      if (LAST_WORDS.includes(event.code)) { over = true; state("closed", event.code === TOO_LONG ? texts().too_long : event.reason); return; }
      if (event.code === QUIET) { resting = true; state("quiet"); return; } // its place went to another page
      state("lost");
      asleep = setTimeout(open, WAITS[Math.min(tries, WAITS.length - 1)]);
      tries += 1;
    });
  }

  open();
  return {
    ask(wish) {
      asked = wish;
      if (resting) open(); // what is asked is sent when it is open
      else if (waiting) again = true;
      else send();
    },
    close() {
      over = true;
      clearTimeout(timer);
      clearTimeout(asleep);
      socket.close();
    },
  };
}
