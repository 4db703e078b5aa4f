"""The lab's server: pages, one pipe to each of them, and the threads that compute."""
