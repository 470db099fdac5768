"""Teaching the device: sessions in which somebody signs a word, and the versions of what was learned."""
