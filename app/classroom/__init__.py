"""The classroom: the lab opened to a room, with a code, hand-ins in the teacher's folder, and a page for the teacher alone."""
