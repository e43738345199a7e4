"""The web app: pages, sign-in, OGC API Features and tiles, under the policy of `access`."""
