"""What is wrong with a deal: who says so, the evidence, the clocks, the frozen part, and how it ends."""
