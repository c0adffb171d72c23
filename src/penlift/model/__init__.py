"""The network: cells, a mixture density output, dropout, its weights on disk, and what lines score under it."""
