"""Which of the model's assumptions carry its results: screening (Morris), then shares of variance (Sobol'), by SALib."""
