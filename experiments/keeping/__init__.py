"""What keeps the documents true: generated blocks, kept references, and the proof that no knob is dead."""
