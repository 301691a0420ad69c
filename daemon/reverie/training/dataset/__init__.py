"""From pieces to examples: split by piece, cut on bar lines, transposed and stretched where that makes sense."""
