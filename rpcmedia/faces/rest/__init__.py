"""The REST face, and the OAuth endpoints that its clients come to their tokens by."""
