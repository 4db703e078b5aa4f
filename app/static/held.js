/* Pages that ask nothing are told of the class all the same. */

import { showRoom } from "./controls.js";
import { connect } from "./pipe.js";

connect({ page: "", onAnswer: () => {}, onProblems: () => {}, onRoom: showRoom });
