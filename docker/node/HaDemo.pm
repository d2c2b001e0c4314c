package HaDemo;
# What the watchers written in Perl share. They are run with HA_DEMO_NODE set.
use strict;
use warnings;
use Exporter 'import';
use Time::HiRes;

our @EXPORT_OK = qw(log_line report);
use constant RUN => '/run/ha-demo';

$| = 1;

# log_line LEVEL, MESSAGE: one JSON line with a millisecond timestamp.
sub log_line {
    my ( $level, $message ) = @_;
    my ( $seconds, $us ) = Time::HiRes::gettimeofday();
    my ( $second, $minute, $hour, $day, $month, $year ) = gmtime $seconds;
    my $time = sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second, $us / 1000;
    $message =~ s/(["\\])/\\$1/g;
    print qq({"time":"$time","level":"$level","node":"$ENV{HA_DEMO_NODE}","message":"$message"}\n);
}

# report FILE, VALUE: to keepalived, which follows the file: 0 or 1. It is written only when the value changes; true when it has.
sub report {
    my ( $name, $value ) = @_;
    my $path = RUN . "/$name";
    open my $reported, '<', $path or die "report: $path: $!\n";
    return 0 if ( readline($reported) // '' ) eq "$value\n";
    # In place: it need not find a new one on a file system that is full.
    open my $file, '+<', $path or die "report: $path: $!\n";
    print $file "$value\n";
    close $file or die "report: $path: $!\n";
    return 1;
}

1;
