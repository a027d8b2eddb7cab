"""Writing on pages: new posts, replies, messages, changes and ends of posts. All of it through `areas.compose`."""
