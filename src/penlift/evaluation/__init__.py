"""Whether a network is any good: how it predicts lines that it reads, what it writes, and figures with intervals."""
