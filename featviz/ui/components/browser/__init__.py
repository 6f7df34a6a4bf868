"""What the components share in the browser: modules, elements, payloads."""
