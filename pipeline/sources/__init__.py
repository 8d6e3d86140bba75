"""Where raw bytes come from. A source gives bytes and says where they were; it knows nothing of what is in them."""
