import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsIP, IsObject, IsString, Matches, Max, Min, ValidateNested } from 'class-validator';

/* What a field of cluster.yaml may be, and how it is said when it is not. */

/** A host name label (RFC 1123), short enough to prefix container names with. */
export const NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
export const NAME_MESSAGE = 'must be 2 to 32 lower-case letters, digits and dashes, with a letter first';

export const WholeNumber = (least: number, most: number) => (target: object, key: string) => {
  const message = `must be a whole number from ${least} to ${most}`;
  IsInt({ message })(target, key);
  Min(least, { message })(target, key);
  Max(most, { message })(target, key);
};

export const Port = () => WholeNumber(1, 65_535);
export const Milliseconds = WholeNumber;
export const Flag = () => IsBoolean({ message: 'must be true or false' });
export const OneOf = (values: readonly unknown[]) => IsIn(values, { message: `must be ${values.join(' or ')}` });
export const Address = () => IsIP(4, { message: 'must be an IPv4 address; IPv6 is not supported' });
export const NetworkText = () => IsString({ message: 'must be a network such as 192.168.99.0/24' });
export const InterfaceName = () => Matches(/^[a-zA-Z0-9._-]{1,15}$/, { message: "must be an interface's name" });

/** A mapping of its own; `ValidateNested` alone lets a missing one and a list pass. */
export const Nested = (type: () => new () => object) => (target: object, key: string) => {
  IsObject({ message: 'must be a mapping' })(target, key);
  ValidateNested({ message: 'must be a mapping' })(target, key);
  Type(type)(target, key);
};
