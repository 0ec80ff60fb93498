"""Who answers for what: the duty book, its gaps, and whose it is to keep."""
