"""The month of a service, a leader, a practitioner and a patient, each written once and run by both engines."""
