from . import student as student
