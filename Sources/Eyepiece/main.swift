print("eyepiece")
