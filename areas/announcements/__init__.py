"""What a node, or one of its areas, announces for a time: notices and alerts in force, beside the posts that say so."""
