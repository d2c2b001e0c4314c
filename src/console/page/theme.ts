/** What is drawn into a canvas has to know its colours; style sheets have the others. After Okabe and Ito, as in the report. */
export interface Theme {
  ink: string;
  soft: string;
  grid: string;
  fault: string;
  failed: string;
  outage: string;
  slow: string;
  nodes: string[];
  states: Record<'good' | 'standby' | 'bad' | 'other', { fill: string; ink: string }>;
}

const LIGHT: Theme = {
  ink: '#1b1f24',
  soft: '#59636e',
  grid: '#e4e8ec',
  fault: 'rgb(213 94 0 / 12%)',
  failed: '#c00020',
  outage: 'rgb(192 0 32 / 25%)',
  slow: '#7a3ea8',
  nodes: ['#0072b2', '#d98200', '#008a60', '#b0588c', '#3aa0dc', '#7d5a2c', '#5b5fc7', '#6f7b00'],
  states: {
    good: { fill: '#0072b2', ink: '#fff' },
    standby: { fill: '#cfe3f2', ink: '#1b1f24' },
    bad: { fill: '#c00020', ink: '#fff' },
    other: { fill: '#c9d1d9', ink: '#1b1f24' },
  },
};

const DARK: Theme = {
  ...LIGHT,
  ink: '#e6edf3',
  soft: '#9da7b3',
  grid: '#262c34',
  fault: 'rgb(240 150 60 / 20%)',
  failed: '#ff6b78',
  outage: 'rgb(255 107 120 / 35%)',
  slow: '#c792ea',
  nodes: ['#56b4e9', '#e69f00', '#2fc295', '#dd8fc0', '#8ed0ff', '#c49a6c', '#a5a8ff', '#c3cf3a'],
  states: {
    ...LIGHT.states,
    standby: { fill: '#24435c', ink: '#e6edf3' },
    other: { fill: '#3d444d', ink: '#e6edf3' },
  },
};

const dark = matchMedia('(prefers-color-scheme: dark)');

export function theme(): Theme {
  return dark.matches ? DARK : LIGHT;
}
