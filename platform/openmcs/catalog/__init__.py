"""What exists: mobile backends, APIs, implementations and their versions, and how uploads become one of them."""
