"""Who asks: accounts, tokens, scope, masking and the audit."""
