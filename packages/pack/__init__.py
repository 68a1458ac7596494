"""Artefacts of a release, each from a binary that was built before.

An artefact of the same binary and the same commit has the same bytes: entries of archives are
sorted, have no owner, and have the time of the commit.
"""
