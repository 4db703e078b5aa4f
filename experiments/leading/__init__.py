"""Leading a service: how good its forecasts were."""
