"""What people who are far away are told, and the broker that they ask."""
