"""What a backtest is worth: metrics, and how they are defined."""
