"""The operator console: finds and explains; changes only by actions.

An app's ``admin.py`` registers its documents with pages of ``ConsoleAdmin``; what one app knows about
another's documents it adds as a panel, and how ids are called and where they lead as a reference. What
staff may do to documents is a method of their pages, decorated by ``confirmed_action``.
"""
