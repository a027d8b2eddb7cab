"""Web push: what is sent to the push services of browsers and apps, and how only the app can read it."""
