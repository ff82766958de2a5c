# only comments

  # here
