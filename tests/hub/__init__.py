"""A Hugging Face Hub on loopback: speaks the Hub's wire format, misbehaves on request, records calls."""
