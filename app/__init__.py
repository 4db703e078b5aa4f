"""The lab: pages in a browser on which one sees what practice needs to be sustained. No rule of the model stands here."""
