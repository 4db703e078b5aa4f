"""The lab: pages that a teacher or a researcher looks at. It holds no model logic; nobody imports it."""
