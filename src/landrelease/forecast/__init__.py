"""Plan, rates and doubt in; distributions of finish and cost out."""
