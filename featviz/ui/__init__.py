"""The only part that knows Streamlit: inputs, controls, caches, jobs, links and browser components."""
