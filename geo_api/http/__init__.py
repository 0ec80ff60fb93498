"""Problems, paging, idempotency, language: the door of the service."""
