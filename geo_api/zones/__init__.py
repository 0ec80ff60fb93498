"""Who answers for a place: people, duties, responsibility zones, leave."""
