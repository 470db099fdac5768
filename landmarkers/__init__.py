"""What a pose is: the layout of points, recorded takes, and how landmarks are found in pictures."""
