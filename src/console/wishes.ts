import { IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { BreakWish, DrillWish } from './page-event.js';

/** A fault of the catalogue, with its parameter or without, at a node or a tier. */
export class BreakWishBody implements BreakWish {
  @Matches(/^[a-z]+(-[a-z]+)*( [\w.,%]+)?$/, { message: 'fault: $value must be one of the catalogue' })
  @MaxLength(60)
  fault!: string;
  @IsString()
  @MaxLength(100)
  place!: string;
}

export class DrillWishBody extends BreakWishBody implements DrillWish {
  @IsInt()
  @Min(1)
  @Max(100)
  runs!: number;
}
