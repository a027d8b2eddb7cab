"""What tests are made of: databases, a network between nodes, a clock, builders. No tests here."""
