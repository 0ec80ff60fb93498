"""Photos as they are kept: small, upright, telling nothing but what they show."""
