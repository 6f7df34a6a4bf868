"""What needs several wings at once: networks in training seen through their features."""
