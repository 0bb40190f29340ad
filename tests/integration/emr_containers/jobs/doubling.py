"""What double_numbers.py imports."""


def double(number: int) -> int:
    return number * 2
