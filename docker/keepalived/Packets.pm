package Packets;
# What the watchers and hear-adverts share: packets that the kernel picks out, and VRRP's adverts among them.
use strict;
use warnings;
use Exporter 'import';
use Socket;

our @EXPORT_OK = qw(advert adverts_of open_packets PF_PACKET ETH_P_IP ETH_P_ARP IPPROTO_VRRP
  LD_BYTE LD_HALF LD_WORD JUMP_EQUAL RETURN);
# From the headers of Linux.
use constant { PF_PACKET => 17, ETH_P_IP => 0x0800, ETH_P_ARP => 0x0806, IPPROTO_VRRP => 112 };
# linux/filter.h: load a byte, a half, a word, a byte behind the IP header, the IP header's length; jump if equal; return.
use constant { LD_BYTE => 0x30, LD_HALF => 0x28, LD_WORD => 0x20, LD_BYTE_BEHIND => 0x50, LDX_HEADER => 0xb1 };
use constant { JUMP_EQUAL => 0x15, RETURN => 0x06 };
# Of a packet that is kept, so many bytes.
use constant KEPT => 256;

# open_packets PROTOCOL, INTERFACE_INDEX, INSTRUCTION...: a socket (packet(7)) with the packets that the instructions keep, from
# where the header of the link ends; index 0 is any interface. An instruction (linux/filter.h) is code, jumps if true and if false,
# operand; a jump counts from the next instruction.
sub open_packets {
    my ( $protocol, $index, @instructions ) = @_;
    # Nothing arrives until it is bound, so that nothing passes unfiltered.
    socket my $packets, PF_PACKET, SOCK_DGRAM, 0 or die "$0: socket: $!\n";
    my $filter = join '', map { pack 'S C C L', @$_ } @instructions;
    setsockopt $packets, SOL_SOCKET, SO_ATTACH_FILTER, pack( 'S x![P] P', scalar @instructions, $filter )
      or die "$0: filter: $!\n";
    bind $packets, pack( 'S n l x12', PF_PACKET, $protocol, $index ) or die "$0: bind: $!\n";
    return $packets;
}

# adverts_of WHO, ROUTER_ID, PEER...: the instructions that keep the adverts for a virtual router of its `peers`, or of `strangers`.
sub adverts_of {
    my ( $who, $router_id, @peers ) = @_;
    my $refuse = 8 + @peers;
    my @program = (
        [ LD_BYTE,        0, 0,           9 ],
        [ JUMP_EQUAL,     0, $refuse - 2, IPPROTO_VRRP ],
        [ LDX_HEADER,     0, 0,           0 ],
        [ LD_BYTE_BEHIND, 0, 0,           1 ],
        [ JUMP_EQUAL,     0, $refuse - 5, $router_id ],
        [ LD_WORD,        0, 0,           12 ],
    );
    push @program, [ JUMP_EQUAL, $refuse - @program - 2, 0, unpack( 'N', inet_aton($_) ) ] for @peers;
    my ( $peer, $stranger ) = $who eq 'peers' ? ( KEPT, 0 ) : ( 0, KEPT );
    return @program, [ RETURN, 0, 0, $stranger ], [ RETURN, 0, 0, $peer ], [ RETURN, 0, 0, 0 ];
}

# advert PACKET: its source, router id and priority (RFC 5798, section 5.1); nothing when it is too short for them.
sub advert {
    my ($packet) = @_;
    my $vrrp = 4 * ( ord($packet) & 0x0f );
    return if length($packet) < $vrrp + 3;
    return ( inet_ntoa( substr $packet, 12, 4 ), unpack "x${vrrp} x C C", $packet );
}

1;
