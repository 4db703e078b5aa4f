import { strips, tableOf } from "./strip.js";

/* The page that `sustain class` writes: everything is in it. */
const whole = JSON.parse(document.getElementById("class-data").textContent);
strips(document.getElementById("strips"), whole.words).update(whole.found.strips, whole.found.more);
tableOf(document.getElementById("rows"), whole.found.rows, whole.words);
