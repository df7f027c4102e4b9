"""Why no backup was made, or none was restored: a sentence for whoever typed the command."""


class BackupError(RuntimeError):
    """It was not done; nothing was changed unless the sentence says so."""


class BusyError(BackupError):
    """Another backup, restore or drill is at work in the same directory."""


class NoRoomError(BackupError):
    """There is too little room on the disk."""


class SnapshotLostError(BackupError):
    """The server no longer has the moment that was being read."""


class DamagedError(BackupError):
    """A file of the backup is not as it was written."""


class WrongKeyError(BackupError):
    """The archive is encrypted, and ``BACKUP_KEY`` is not what it was encrypted with."""


class NotQuietError(BackupError):
    """Somebody may still write."""


class RedisCopyError(BackupError):
    """Redis gave no copy of itself."""
