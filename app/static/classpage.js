import { foundOf, strips, tableOf } from "./strip.js";

/* The page that `sustain class` writes: everything is in it. */
const whole = JSON.parse(document.getElementById("class-data").textContent);
strips(document.getElementById("strips"), whole.words).update(whole.found.strips, whole.found.more);
tableOf(document.getElementById("rows"), whole.found.rows, whole.words);
/* Where who opened this page may run the lab, at the port that it takes unless told otherwise. */
const LAB = "http://127.0.0.1:8765/";
if (whole.found.found.length) foundOf(document.getElementById("found"), whole.found.found, whole.words, LAB);
